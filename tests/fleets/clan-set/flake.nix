{
  description = "A clan: everybody in one attribute set";

  # A fixture for reading and editing: it has no inputs and is never built.
  outputs = _: { };
}
