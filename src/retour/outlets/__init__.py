"""Ways out: the API and the Postfix policy service. They never import each other."""
