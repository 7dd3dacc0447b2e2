# frozen_string_literal: true

# Stands beside lib/, not in it: no program can require it by name.
module MessagePackForward
  class << self
    # Loads a file of msgpack-ext. By its place: by its name, which the file that calls this bears too, $LOAD_PATH would
    # find that one again, or the C gem's.
    #
    # @param feature [String] a path that programs require, such as "msgpack/timestamp"
    # @raise [LoadError] if there is no msgpack-ext, or another msgpack library is loaded
    def to(feature)
      require File.join(lib, feature)
    end

    private

    # The name msgpack-ext is nobody else's: where $LOAD_PATH has it, that is the one. While bootsnap narrows $LOAD_PATH
    # to the folders of gems named msgpack, RubyGems and Bundler still know what they have activated.
    def lib
      on_load_path || activated || begin
        # Not activated, because installed for two platforms: RubyGems chooses.
        require "msgpack-ext"
        on_load_path
      end
    end

    def on_load_path
      _type, path = $LOAD_PATH.resolve_feature_path("msgpack-ext")
      File.dirname(path) if path
    end

    def activated
      spec = Gem.loaded_specs["msgpack-ext"] if defined?(Gem)
      File.join(spec.full_gem_path, "lib") if spec
    end
  end
end
