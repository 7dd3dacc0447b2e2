# frozen_string_literal: true

# A `require` path of its own, which like any other loads the library as a whole.
require_relative "../msgpack"
