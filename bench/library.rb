# frozen_string_literal: true

require "json"
require "rbconfig"

module Bench
  # What a side needs in its process, and the proof that it got just that.
  class Library
    NATIVE = %r{/msgpack/msgpack(?:_ext)?\.#{Regexp.escape(RbConfig::CONFIG["DLEXT"])}\z}
    SIDES = %i[ours gem floor json oj cbor marshal].freeze
    # Sides that are another format.
    FORMATS = %i[json oj cbor marshal].freeze

    FORMAT_MODULES = { json: "JSON", oj: "Oj", cbor: "CBOR" }.freeze

    # @param side [Symbol] one of SIDES
    # @param dir [String, nil] the lib folder of :ours, :gem or :floor; nil is the system's C gem
    def initialize(side, dir = nil)
      @side = side
      # Real, to be compared with $LOADED_FEATURES.
      @dir = dir && File.realpath(dir)
    end

    # @return [Hash] version, file of the native library
    # @raise [LoadError] the side is not installed
    def load
      case @side
      when :ours, :gem then load_msgpack
      when :floor then load_floor
      when :marshal then { version: [Marshal::MAJOR_VERSION, Marshal::MINOR_VERSION].join(".") }
      else load_format
      end
    end

    private

    def load_msgpack
      $LOAD_PATH.unshift(@dir) if @dir
      require ours? ? "msgpack-ext" : "msgpack"
      found = $LOADED_FEATURES.grep(NATIVE)
      check(found)
      { version: MessagePack::VERSION, native: found.first }
    end

    # By what lies there: `--ours` may be another library, to see what a comparison with itself gives.
    def ours?
      !@dir.nil? && File.exist?(File.join(@dir, "msgpack-ext.rb"))
    end

    def check(found)
      abort "expected one native msgpack library, found #{found.inspect}" unless found.size == 1
      expected = ours? ? "msgpack_ext" : "msgpack"
      return if File.basename(found.first, ".*") == expected && (@dir.nil? || found.first.start_with?(@dir))

      abort "asked for #{@dir || "the system's msgpack"}, but #{found.first} was loaded"
    end

    def load_floor
      require File.join(@dir, "floor.#{RbConfig::CONFIG["DLEXT"]}")
      { version: nil }
    end

    # The parser and generator of `json` are native; a process talks JSON anyway.
    def load_format
      require @side.to_s
      { version: Object.const_get(FORMAT_MODULES.fetch(@side))::VERSION }
    end
  end
end
