{
  description = "A clan: two people with an instance each, in a file of its own";

  # A fixture for reading and editing: it has no inputs and is never built.
  outputs = _: { };
}
