# frozen_string_literal: true

module Demo
  # Loads this gem from where it was installed and stops when Ruby found another
  # MessagePack library instead: the C gem would answer to the same name.
  module Library
    NATIVE = %r{/msgpack/msgpack(?:_ext)?\.(?:so|bundle|dll)\z}

    module_function

    # @param where [String] "gem:HOME", a gem home, or "lib:DIR", a checkout's lib
    # @return [String] the native library's path
    def load(where)
      kind, path = where.split(":", 2)
      if kind == "gem"
        Gem.use_paths(path, [path, *Gem.path])
        gem "msgpack-ext"
      else
        $LOAD_PATH.unshift(path)
      end
      require "msgpack-ext"
      native(path)
    end

    def native(path)
      found = $LOADED_FEATURES.grep(NATIVE)
      return found.first if found.size == 1 && found.first.start_with?("#{File.realpath(path)}/") &&
                            File.basename(found.first, ".*") == "msgpack_ext"

      abort "demo: expected msgpack_ext from #{path}, loaded is #{found.inspect}"
    end
  end
end
