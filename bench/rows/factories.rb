# frozen_string_literal: true

require_relative "../data"
require_relative "../row"
require_relative "types"

module Bench
  module Rows
    # Factories, Pools, and the types that are registered with a Factory. Several of these came to the C gem after
    # 1.4; an older one has no figure there.
    module Factories
      WRITE_INTO = ->(point, packer) { packer.write(point.x).write(point.y) }
      READ_FROM = ->(unpacker) { Data::Point.new(unpacker.read, unpacker.read) }

      module_function

      def all
        dump_and_load + pools
      end

      def points
        factory { |made| made.register_type(Types::NUMBER, Data::Point, packer: Types::PACK, unpacker: Types::UNPACK) }
      end

      def recursive
        return unless pool?

        factory do |made|
          made.register_type(Types::NUMBER, Data::Point, packer: WRITE_INTO, unpacker: READ_FROM, recursive: true)
        end
      end

      def times
        factory do |made|
          made.register_type(-1, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
        end
      end

      def symbols
        factory { |made| made.register_type(0, Symbol) }
      end

      def big_integers
        require "msgpack/bigint"
        factory do |made|
          made.register_type(Types::NUMBER, Integer, packer: MessagePack::Bigint.method(:to_msgpack_ext),
                                                     unpacker: MessagePack::Bigint.method(:from_msgpack_ext),
                                                     oversized_integer_extension_type: true)
          # A C gem 1.8.5 as packaged for Ruby 3.3 takes the type and then refuses these integers.
          made.dump(2**64)
        end
      rescue LoadError, RangeError
        nil
      end

      # Pools, recursive types and oversized integers came together.
      def pool?
        MessagePack::Factory.method_defined?(:pool)
      end

      def factory(&)
        MessagePack::Factory.new.tap(&)
      end

      # Name, summary, the methods that make the Factory and the value.
      TABLE = [
        ["Factory, one object", "an object of a registered class", :points, -> { Data.points.first }],
        ["Factory, objects", "1,000 objects of a registered class", :points, -> { Data.points }],
        ["Factory, log record", "a plain document", :points, -> { Data.log_record }],
        ["recursive type", "1,000 objects whose handlers read and write", :recursive, -> { Data.points }],
        ["Time", "1,000 timestamps of all forms", :times, -> { Data.times }],
        ["Symbol", "1,000 rows with Symbols as a type", :symbols, -> { Data.symbol_rows }],
        ["big integers", "1,000 above 64 bits", :big_integers, -> { Data.big_integers }]
      ].freeze

      def dump_and_load
        TABLE.flat_map do |name, summary, factory, value|
          [
            Row.new(:types, "dump, #{name}", summary, msgpack: -> { dump(public_send(factory), value.call) }),
            Row.new(:types, "load, #{name}", summary, msgpack: -> { load(public_send(factory), value.call) },
                                                      floor: (Types.handlers_alone if name == "Factory, objects"))
          ]
        end
      end

      # @param side [MessagePack::Factory, MessagePack::Factory::Pool, nil]
      def dump(side, value)
        [->(n) { side.dump(value) while (n -= 1) >= 0 }, side.dump(value)] if side
      end

      def load(side, value)
        return unless side

        bytes = side.dump(value)
        [->(n) { side.load(bytes) while (n -= 1) >= 0 }, side.load(bytes)]
      end

      def pools
        { "log record" => -> { Data.log_record }, "objects" => -> { Data.points } }.flat_map do |name, value|
          [
            Row.new(:types, "dump, Pool, #{name}", "pool.dump", msgpack: -> { dump(pool, value.call) }),
            Row.new(:types, "load, Pool, #{name}", "pool.load", msgpack: -> { load(pool, value.call) })
          ]
        end
      end

      def pool
        points.freeze.pool(1) if pool?
      end
    end
  end
end
