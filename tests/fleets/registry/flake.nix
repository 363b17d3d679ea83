{
  description = "People are entries of a typed registry";

  # A fixture for reading and editing: it has no inputs and is never built.
  outputs = _: { };
}
