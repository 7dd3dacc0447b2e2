# frozen_string_literal: true

# MessagePack for Ruby: see README.md, and docs/ for more.
#
# Everything below is loaded by its place, not by $LOAD_PATH, where the C gem's files may stand first.
#
# What programs may require by itself (msgpack/timestamp, say) is a file that comes here; the code stands behind it, in
# library/. In one file, the two would require each other, about which `ruby -w` complains.
require_relative "msgpack/guard"
require_relative "msgpack/version"
require_relative "msgpack/errors"
require_relative "msgpack/ext_type"
require_relative "msgpack/native_library"
require_relative "msgpack/library/core_ext"
require_relative "msgpack/library/factory"
require_relative "msgpack/library/timestamp"
require_relative "msgpack/library/time"
require_relative "msgpack/library/unpack_each"
