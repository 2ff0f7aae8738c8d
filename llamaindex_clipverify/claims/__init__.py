"""Claims: the statements of an answer that can be true or false of a picture, and the splitters that find them."""
