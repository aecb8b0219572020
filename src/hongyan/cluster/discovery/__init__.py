"""How servers find each other through etcd: registering, following, and 0voice_im's way of both."""
