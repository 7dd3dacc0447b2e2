# frozen_string_literal: true

# What a program tells the spec that runs it: its results as Ruby objects, and which msgpack it ran on. To the spec goes
# what was stdout at the start; what the program and its libraries print goes to stderr.
module Report
  OUT = $stdout.dup.binmode
  $stdout.reopen($stderr)

  # What a MessagePack library consists of, in whatever folder: msgpack.rb, msgpack/packer.rb, msgpack/msgpack.so, ...
  FILES = %r{/msgpack(?:/library)?(?:/\w+|[-_]ext)?\.(?:rb|#{RbConfig::CONFIG["DLEXT"]})\z}

  def self.loaded
    $LOADED_FEATURES.grep(FILES)
  end

  def self.write(results)
    Marshal.dump(results.merge(loaded: loaded), OUT)
    OUT.flush
  end
end
