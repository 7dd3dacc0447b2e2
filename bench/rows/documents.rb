# frozen_string_literal: true

require_relative "../data"
require_relative "../formats"
require_relative "../row"

module Bench
  module Rows
    # Plain documents: packed and unpacked in one call by everybody, and by a Packer or an Unpacker that is kept.
    module Documents
      # The sides beside MessagePack and the floor that can do a row.
      TABLE = [
        ["one byte", "an Integer below 128", -> { 7 }, Formats::ALL],
        ["three elements", "[0, 4711, \"ping\"], 8 bytes", -> { Data.three_elements }, Formats::ALL],
        ["small", "a message of four fields, 29 bytes", -> { Data.small_message }, Formats::ALL],
        ["log record", "twelve fields, 180 bytes", -> { Data.log_record }, Formats::ALL],
        ["API response", "350 KB, nested, the same keys again and again", -> { Data.api_response }, Formats::ALL],
        ["integers", "10,000 of all widths", -> { Data.ints }, Formats::ALL],
        ["floats", "10,000", -> { Data.floats }, Formats::ALL],
        ["coordinates", "200 rings of 50 points", -> { Data.coordinates }, Formats::ALL],
        ["short strings", "10,000", -> { Data.short_strings }, Formats::ALL],
        ["unicode", "200 texts of 1,000 letters of many scripts", -> { Data.long_strings }, Formats::ALL],
        ["wide map", "5,000 different keys", -> { Data.wide_map }, Formats::ALL],
        ["deep", "100 containers in each other", -> { Data.deep_nesting }, Formats::ALL],
        ["blob", "1 MB of bytes", -> { Data.binary }, Formats::BINARY]
      ].freeze
      KEPT = TABLE.select { |name, *| ["one byte", "small", "log record", "API response"].include?(name) }.freeze

      module_function

      def all
        one_shot(:pack, Formats::PACK) + symbols(:pack, Formats::PACK) + kept_packers +
          one_shot(:unpack, Formats::UNPACK) + symbols(:unpack, Formats::UNPACK_SYMBOLS) + frozen + kept_unpackers
      end

      def one_shot(group, ways)
        TABLE.map do |name, summary, build, formats|
          Row.new(group, name, summary, **builders(ways.slice(:msgpack, :floor, *formats), build))
        end
      end

      def symbols(group, ways)
        [Row.new(group, "Symbol keys", "1,000 rows of five fields", **builders(ways, -> { Data.symbol_rows }))]
      end

      def builders(ways, build)
        ways.transform_values { |way| -> { way.call(build.call) } }
      end

      def kept_packers
        KEPT.map do |name, _, build|
          Row.new(:pack, "#{name}, kept Packer", "packer.write(value).to_s, then clear",
                  msgpack: -> { write(MessagePack::Packer.new, build.call) { |value| MessagePack.pack(value) } },
                  floor: -> { build.call.then { |value| write(Floor::Writer.new(value), value) } })
        end
      end

      def write(packer, value)
        [lambda do |n|
          while (n -= 1) >= 0
            packer.write(value).to_s
            packer.clear
          end
        end, (yield value if block_given?)]
      end

      def kept_unpackers
        KEPT.map do |name, _, build|
          Row.new(:unpack, "#{name}, kept Unpacker", "unpacker.feed(bytes).read",
                  msgpack: -> { read(MessagePack::Unpacker.new, MessagePack.pack(build.call)) },
                  floor: lambda do
                    value = build.call
                    # As many bytes, about, that say nothing.
                    bytes = "\0".b * Floor::Walk.new(value).copy.bytesize
                    read(Floor::Reader.new(value, bytes.bytesize), bytes)
                  end)
        end
      end

      def read(unpacker, bytes)
        [->(n) { unpacker.feed(bytes).read while (n -= 1) >= 0 }, unpacker.feed(bytes).read]
      end

      def frozen
        { "log record" => -> { Data.log_record }, "API response" => -> { Data.api_response } }.map do |name, build|
          Row.new(:unpack, "#{name}, frozen", "with freeze: true", msgpack: lambda do
            bytes = MessagePack.pack(build.call)
            [->(n) { MessagePack.unpack(bytes, freeze: true) while (n -= 1) >= 0 },
             MessagePack.unpack(bytes, freeze: true)]
          end)
        end
      end
    end
  end
end
