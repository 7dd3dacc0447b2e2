# frozen_string_literal: true

# Stops an example when another library answered to the name MessagePack, for instance Debian's ruby-msgpack.
unless $LOADED_FEATURES.any? { |file| file.include?("/msgpack_ext.") }
  abort "This is not msgpack-ext: run `rake compile` first. Loaded: #{$LOADED_FEATURES.grep(/msgpack/).join(", ")}"
end
