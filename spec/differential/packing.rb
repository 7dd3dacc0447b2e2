# frozen_string_literal: true

require "stringio"
require_relative "dice"

module Differential
  # One of the ways to pack an object.
  class Packing
    WAYS = Dice.weighted(pack: 6, pack_to_io: 2, to_msgpack: 2, write: 6, write_to_io: 3, compatible: 3, after_write: 2)

    # @return [Symbol]
    attr_reader :way

    def initialize(dice)
      @way = dice.pick(WAYS)
    end

    # The names of the steps that {#run} may take.
    def steps = %i[pack io to_msgpack first write to_s written compatible]

    # @param object [Object]
    # @param trace [Trace] told all steps
    # @return [String] the bytes
    def run(object, trace)
      __send__(way, object, trace)
    end

    private

    def pack(object, trace)
      trace.record(:pack) { MessagePack.pack(object) }
    end

    def pack_to_io(object, trace)
      io = StringIO.new("".b)
      trace.record(:pack) { MessagePack.pack(object, io) }
      trace.record(:io) { io.string }
    end

    def to_msgpack(object, trace)
      trace.record(:to_msgpack) { object.to_msgpack }
    end

    def write(object, trace)
      packer = MessagePack::Packer.new
      trace.record(:write) { packer.write(object).equal?(packer) }
      trace.record(:to_s) { packer.to_s }
    end

    def write_to_io(object, trace)
      io = StringIO.new("".b)
      packer = MessagePack::Packer.new(io)
      trace.record(:write) { packer.write(object).flush.equal?(packer) }
      trace.record(:io) { io.string }
    end

    def compatible(object, trace)
      trace.record(:compatible) { MessagePack::Packer.new(compatibility_mode: true).write(object).full_pack }
    end

    # What is there of two writes, failed ones too.
    def after_write(object, trace)
      packer = MessagePack::Packer.new
      trace.record(:first) { packer.write(1).size }
      trace.record(:write, go_on: [StandardError]) { packer.write(object).equal?(packer) }
      trace.record(:written) { packer.to_s }
    end
  end

  # A call of one of the Packer's methods for values of one type.
  class TypedCall
    # How the argument is made: as the {Generator} does, or a length.
    METHODS = { write_int: :integer, write_float: :float, write_float32: :float, write_string: :text, write_bin: :text,
                write_symbol: :symbol, write_array: :array, write_hash: :map, write_extension: :ext, write_ext: :length,
                write_array_header: :length, write_map_header: :length, write_bin_header: :length }.freeze
    LENGTHS = [0, 15, 16, 31, 32, 127, 128, 255, 256, 65_535, 65_536, (2**32) - 1, 2**32, 2**64].freeze

    # @return [Symbol] the method's name
    attr_reader :way
    # @return [Object] its argument; one in six is made for another method
    attr_reader :argument

    def initialize(dice, generator)
      @way = dice.pick(METHODS.keys)
      kind = METHODS.fetch(dice.chance?(1, 6) ? dice.pick(METHODS.keys) : way)
      @argument = kind == :length ? length(dice) : generator.public_send(kind, 2)
    end

    # The names of the steps that {#run} may take.
    def steps = [way]

    # @param trace [Trace] told all steps
    # @return [String] the bytes
    def run(argument, trace)
      arguments = way == :write_ext ? [argument, "payload"] : [argument]
      trace.record(way) { MessagePack::Packer.new.public_send(way, *arguments).to_s }
    end

    private

    def length(dice)
      return -dice.number(1..200) if dice.chance?(1, 8)

      dice.chance?(1, 2) ? dice.pick(LENGTHS) : dice.number(140)
    end
  end
end
