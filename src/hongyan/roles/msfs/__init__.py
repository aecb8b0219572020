"""msfs: images, voice and avatars over HTTP (spec/http.md 3)."""
