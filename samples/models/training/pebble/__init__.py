"""Pebble 17M: synthetic corpus, tokenizer, training and GGUF export."""
