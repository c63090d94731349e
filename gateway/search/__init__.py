"""Full-text search: lines become words in an index, a question for words becomes lines."""
