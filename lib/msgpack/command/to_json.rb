# frozen_string_literal: true

require "json"
require_relative "plain"
require_relative "subcommand"
require_relative "tagged"

module MessagePack
  module Command
    # Writes each object of a stream as a line of JSON.
    #
    # @api private
    class ToJson < Subcommand
      NAME = "to-json"
      ARGUMENTS = "[FILE...]"
      DESCRIPTION = <<~TEXT
        Each object becomes a line of JSON (NDJSON). What JSON has no form for becomes an object of
        one key, from which `from-json` makes the same value again: {"$bin": "base64"}, {"$str":
        "base64"} for invalid UTF-8, {"$ext": [type, "base64"]}, {"$timestamp": "2024-05-06T07:08:09Z"},
        {"$float": "NaN"}, {"$map": [[key, value], ...]} for maps with keys that are no strings.
      TEXT

      private

      def options(parser)
        @form = Tagged
        @pretty = false
        parser.on("--plain", "no such objects: base64 alone, null for NaN, keys as text (not reversible)") do
          @form = Plain
        end
        parser.on("--pretty", "several lines an object, indented") { @pretty = true }
      end

      def work(source)
        unpacker = Unpacker.new(source)
        done = 0
        unpacker.each do |object|
          @stdout << json(@form.write(object)) << "\n"
          done = unpacker.tell
        end
        raise_cut_short(source.total, done) if source.total > done
        Status::FINE
      rescue UnpackError => e
        raise Failure, "#{e.message}; `msgpack-ext inspect` shows the bytes around it"
      end

      def json(value)
        @pretty ? JSON.pretty_generate(value, max_nesting: 0) : JSON.generate(value, max_nesting: 0)
      end

      def raise_cut_short(total, done)
        raise Broken.new(total, "the input ends within the object that begins at byte #{done}; " \
                                "it was cut off: get the whole file (`msgpack-ext inspect` shows what is there)")
      end
    end
  end
end
