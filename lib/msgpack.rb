# frozen_string_literal: true

# MessagePack for Ruby: see README.md, and docs/ for more.
#
# Everything below is loaded by its place, not by $LOAD_PATH, where the C gem's files may stand first.
require_relative "msgpack/guard"
require_relative "msgpack/version"
require_relative "msgpack/errors"
require_relative "msgpack/ext_type"
require_relative "msgpack/msgpack_ext"
require_relative "msgpack/core_ext"
