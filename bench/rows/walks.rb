# frozen_string_literal: true

require_relative "../data"
require_relative "../row"

module Bench
  module Rows
    # Reading without building: skip, headers, a single value of a document.
    module Walks
      module_function

      def all
        skips + [headers, dig]
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
        bytes = -> { MessagePack.pack(Data.api_response) }
        Row.new(:walk, "dig", "one value of the API response (C gem: unpack, then dig)",
                ours: lambda do
                  packed = bytes.call
                  Row.repeat { MessagePack.dig(packed, *path) } if MessagePack.respond_to?(:dig)
                end,
                gem: lambda do
                  packed = bytes.call
                  Row.repeat { MessagePack.unpack(packed).dig(*path) }
                end)
      end
    end
  end
end
