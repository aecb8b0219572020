"""What is drawn: each view shows a part of the model and reports what the user wants."""
