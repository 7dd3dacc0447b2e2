# frozen_string_literal: true

require "rbconfig"

module Differential
  # The library of this process, and what has to be said to each in its own words.
  class Library
    NATIVE = %r{/msgpack/msgpack(?:_ext)?\.#{Regexp.escape(RbConfig::CONFIG["DLEXT"])}\z}

    # @param dir [String, nil] the folder of this gem's files; without it the C gem is meant, wherever Ruby finds it
    # @raise [LoadError] if it isn't there
    def initialize(dir)
      @ours = !dir.nil?
      $LOAD_PATH.unshift(dir) if dir
      require @ours ? "msgpack-ext" : "msgpack"
      check($LOADED_FEATURES.grep(NATIVE))
    end

    def version = MessagePack::VERSION

    # @return [Object] an extended type to pack
    def ext(type, data) = MessagePack::ExtensionValue.new(type, data)

    # @param unknown [:keep, :refuse] what to do about extended types
    def reading(unknown: :keep, **options)
      return options.merge(unknown == :keep ? {} : { default_exttype: false }) if @ours

      options.merge(allow_unknown_ext: unknown == :keep)
    end

    private

    def check(found)
      expected = @ours ? "msgpack_ext" : "msgpack"
      return if found.map { |path| File.basename(path, ".*") } == [expected]

      abort "asked for #{expected}, but #{found.inspect} is loaded"
    end
  end
end
