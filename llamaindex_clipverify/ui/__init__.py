"""A chat in the browser: pictures, questions, and answers whose words are marked as they are verified."""
