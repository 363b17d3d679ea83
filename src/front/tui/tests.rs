//! What is about the whole of the full screen, rather than a part of it.

mod dice;
