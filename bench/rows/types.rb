# frozen_string_literal: true

require_relative "../data"
require_relative "../row"

module Bench
  module Rows
    # Extended types by each API. For the wiki's calls, which the C gem has not, it does the same work by its own.
    module Types
      NUMBER = 1
      PACK = ->(point) { [point.x, point.y].pack("l>l>") }
      UNPACK = ->(payload) { Data::Point.new(*payload.unpack("l>l>")) }
      UNPACK_TYPED = ->(_type, payload) { Data::Point.new(*payload.unpack("l>l>")) }
      WRITE = ->(point, packer) { packer.write_array_header(2).write(point.x).write(point.y) }

      module_function

      def all
        packing + writing_themselves + packing_values + unpacking + unknown
      end

      # @return [Array(Proc, Object)] the loop that writes a value and takes the bytes
      def writing(packer, value)
        Row.repeat { packer.write(value).to_s.tap { packer.clear } }
      end

      def reading(unpacker, bytes)
        Row.repeat { unpacker.feed(bytes).read }
      end

      def packer
        MessagePack::Packer.new.tap { |packer| yield packer if block_given? }
      end

      def unpacker(**options)
        MessagePack::Unpacker.new(nil, options).tap { |unpacker| yield unpacker if block_given? }
      end

      def points_packed
        packer { |packer| packer.register_type(NUMBER, Data::Point, &PACK) }.write(Data.points).to_s
      end

      def packing
        by_type = -> { writing(packer { |made| made.register_type(NUMBER, Data::Point, &PACK) }, Data.points) }
        by_exttype = -> { writing(packer { |made| made.register_exttype(Data::Point, NUMBER, PACK) }, Data.points) }
        [
          Row.new(:types, "pack, register_type", "1,000 objects", msgpack: by_type, floor: packers_alone),
          Row.new(:types, "pack, register_exttype", "1,000 objects (C gem: register_type)",
                  ours: by_exttype, gem: by_type, floor: packers_alone)
        ]
      end

      def writing_themselves
        lowlevel = -> { writing(packer { |made| made.register_lowlevel(Data::Point, WRITE) }, Data.points) }
        by_itself = -> { writing(packer, Data.points(Data::WritingPoint)) }
        [
          Row.new(:types, "pack, register_lowlevel", "1,000 objects that a handler writes (C gem: to_msgpack)",
                  ours: lowlevel, gem: by_itself, floor: writers_alone),
          Row.new(:types, "pack, to_msgpack", "1,000 objects that write themselves",
                  msgpack: by_itself, floor: writers_alone)
        ]
      end

      # What the objects take without anybody who calls them, over what takes bytes and knows no MessagePack.
      def writers_alone
        lambda do
          appender = Floor::Appender.new(64 * 1024)
          points = Data.points(Data::WritingPoint)
          [->(n) { points.each { |point| point.to_msgpack(appender) } while (n -= 1) >= 0 }, nil]
        end
      end

      # What the handlers take without anybody who calls them for objects.
      def packers_alone
        lambda do
          points = Data.points
          [->(n) { points.each { |point| PACK.call(point) } while (n -= 1) >= 0 }, nil]
        end
      end

      def packing_values
        values = -> { Data.points.map { |point| MessagePack::ExtensionValue.new(NUMBER, PACK.call(point)) } }
        [Row.new(:types, "pack, ExtensionValue", "1,000 of type and payload",
                 msgpack: -> { writing(packer, values.call) })]
      end

      # What the handlers take without anybody who calls them for payloads.
      def handlers_alone
        lambda do
          payloads = Data.points.map(&PACK)
          Row.repeat { payloads.map { |payload| UNPACK.call(payload.dup) } }
        end
      end

      def unpacking
        by_type = -> { reading(unpacker { |made| made.register_type(NUMBER, &UNPACK) }, points_packed) }
        by_exttype = lambda do
          reading(unpacker { |made| made.register_exttype(NUMBER, UNPACK_TYPED) }, points_packed)
        end
        [
          Row.new(:types, "unpack, register_type", "1,000 objects", msgpack: by_type, floor: handlers_alone),
          Row.new(:types, "unpack, register_exttype", "1,000 objects (C gem: register_type)",
                  ours: by_exttype, gem: by_type, floor: handlers_alone)
        ]
      end

      # Both libraries make an object of type and payload, each of its own class.
      def unknown
        read = lambda do |unpacker|
          loop, values = reading(unpacker, points_packed)
          [loop, values.map { |value| [value.type, value.respond_to?(:data) ? value.data : value.payload] }]
        end
        allowed = -> { read.call(unpacker(allow_unknown_ext: true)) }
        [Row.new(:types, "unpack, unknown type", "1,000 of a type that is not registered",
                 ours: -> { read.call(unpacker) }, gem: allowed)]
      end
    end
  end
end
