"""Generator of the synthetic corpus.

Everything is made from templates and word lists; no text comes from elsewhere. A document is a pure
function of a `random.Random` and the tokenizer, and so is a row of training data. The order of the
random draws is therefore part of the corpus: a draw that is added, removed or moved changes every
document after it. Lengths and budgets are in tokens everywhere.
"""
