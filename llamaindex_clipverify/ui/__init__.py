"""A chat in the browser: pictures, questions, answers whose words are marked as they are verified. `app` alone needs Gradio."""
