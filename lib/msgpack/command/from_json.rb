# frozen_string_literal: true

require "json"
require_relative "json_values"
require_relative "subcommand"
require_relative "tagged"

module MessagePack
  module Command
    # Packs JSON values, one after another.
    #
    # @api private
    class FromJson < Subcommand
      NAME = "from-json"
      ARGUMENTS = "[FILE...]"
      DESCRIPTION = <<~TEXT
        Reads JSON values, a line each (NDJSON) or however they stand, and writes them as a stream of
        MessagePack to the standard output. Objects such as {"$bin": "base64"}, which `to-json` writes
        for what JSON has no form for, become again what they were.
      TEXT

      private

      def options(parser)
        @tags = true
        parser.on("--plain", "such objects are maps like any other") { @tags = false }
        parser.on("--force", "write to a terminal, too") { @force = true }
      end

      def call(names)
        if @stdout.tty? && !@force
          raise UsageError, "from-json: the output is binary, and would go to a terminal; " \
                            "redirect it (`> FILE`, `| COMMAND`) or add --force"
        end
        super
      end

      def work(source)
        packer = Packer.new(@stdout)
        JsonValues.new(source).each { |text, place| pack(packer, text, place) }
        Status::FINE
      ensure
        # What is before a fault is whole.
        packer.flush
      end

      def pack(packer, text, place)
        value = parse(text)
        check(value)
        packer.write(@tags ? Tagged.read(value) : value)
      rescue RangeError, EncodingError => e
        raise Failure, "#{place}: #{e.message}; write it as a string or a float"
      rescue Failure => e
        raise Failure, "#{place}: #{e.message}"
      end

      def parse(text)
        raise Failure, "found invalid UTF-8, JSON is UTF-8; convert the input (`iconv`)" unless text.valid_encoding?

        JSON.parse(text, max_nesting: 0)
      rescue JSON::ParserError
        shown = text.length > 40 ? "#{text[0, 40].inspect}..." : text.inspect
        raise Failure, "found #{shown}, which is no JSON value; values are written as RFC 8259 has it"
      end

      # JSON.parse makes an infinity of 1e999.
      def check(value)
        case value
        when Array then value.each { |element| check(element) }
        when Hash then value.each_value { |element| check(element) }
        when Float
          value.finite? or raise Failure, "found a number beyond what a float can hold; write it as a string"
        end
      end
    end
  end
end
