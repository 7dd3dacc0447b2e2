# frozen_string_literal: true

require_relative "../data"
require_relative "../row"

module Bench
  module Rows
    # Reading without building: skip, headers, a single value of a document.
    module Walks
      module_function

      def all
        skips + [headers, dig, *digs, unpack_then_dig]
      end

      def skips
        { "API response" => -> { Data.api_response }, "floats" => -> { Data.floats },
          "short strings" => -> { Data.short_strings } }.map do |name, build|
          Row.new(:walk, "skip, #{name}", "unpacker.feed(bytes).skip", msgpack: lambda do
            bytes = MessagePack.pack(build.call)
            unpacker = MessagePack::Unpacker.new
            Row.repeat { unpacker.feed(bytes).skip }
          end)
        end
      end

      def headers
        Row.new(:walk, "headers", "read_array_header; read_map_header and one field of 1,000 rows", msgpack: lambda do
          bytes = MessagePack.pack(Data.symbol_rows)
          unpacker = MessagePack::Unpacker.new
          Row.repeat { first_fields(unpacker.feed(bytes)) }
        end)
      end

      def first_fields(unpacker)
        Array.new(unpacker.read_array_header) do
          pairs = unpacker.read_map_header
          unpacker.skip
          value = unpacker.read
          ((pairs - 1) * 2).times { unpacker.skip }
          value
        end
      end

      # The C gem has to unpack all of it.
      def dig
        path = ["items", Data.many(500), "owner", "login"]
        dig_row("dig", "one value of the API response (C gem: unpack, then dig)", -> { Data.api_response }, path)
      end

      def digs
        [dig_row("dig, near the end", "one value of its last item (C gem: unpack, then dig)", -> { Data.api_response },
                 ["items", -1, "owner", "login"]),
         dig_row("dig, wide map", "one of 5,000 keys (C gem: unpack, then dig)", -> { Data.wide_map },
                 [Data.wide_map.keys.last]),
         dig_row("dig, log record", "one of twelve fields (C gem: unpack, then dig)", -> { Data.log_record },
                 %w[fields remote])]
      end

      def dig_row(name, summary, build, path)
        Row.new(:walk, name, summary,
                ours: lambda do
                  bytes = MessagePack.pack(build.call)
                  Row.repeat { MessagePack.dig(bytes, *path) } if MessagePack.respond_to?(:dig)
                end,
                gem: lambda do
                  bytes = MessagePack.pack(build.call)
                  Row.repeat { MessagePack.unpack(bytes).dig(*path) }
                end)
      end

      # What dig saves, by the same library.
      def unpack_then_dig
        Row.new(:walk, "unpack, then dig", "the value near the end, with all of the API response built",
                msgpack: lambda do
                  bytes = MessagePack.pack(Data.api_response)
                  Row.repeat { MessagePack.unpack(bytes).dig("items", -1, "owner", "login") }
                end)
      end
    end
  end
end
