# frozen_string_literal: true

require "stringio"
require_relative "generator"
require_relative "reading"
require_relative "trace"

module Differential
  # A random object: packed in one of the ways there are, and what came out unpacked in another.
  class ObjectCase
    Ext = Struct.new(:type, :payload)
    WAYS = Dice.weighted(pack: 6, pack_to_io: 2, to_msgpack: 2, write: 6, write_to_io: 3, compatible: 3, after_write: 2,
                         call: 4)
    # The Packer's methods for one type each, and how their argument is made.
    CALLS = { write_int: :integer, write_float: :float, write_float32: :float, write_string: :text, write_symbol: :symbol,
              write_bin: :text, write_array: :array, write_hash: :map, write_extension: :ext, write_ext: :small,
              write_array_header: :small, write_map_header: :small, write_bin_header: :small }.freeze

    # @return [Symbol] how it is packed
    attr_reader :way
    # @return [Symbol, nil] the method of {CALLS} if that is the way
    attr_reader :call
    # @return [Object] what is packed, or the call's argument
    attr_reader :object

    # @param dice [Dice]
    # @param ext [#call] makes an extended type of a number and a payload
    def initialize(dice, ext: Ext.method(:new))
      @dice = dice
      generator = Generator.new(dice, ext: ext)
      @way = dice.pick(WAYS)
      @call = dice.pick(CALLS.keys) if way == :call
      @object = call ? argument(generator) : whole(generator)
    end

    # @return [String] what both libraries have to have got
    def input
      "#{[way, call].compact.join(" ")} #{Description.of(object)}"
    end

    # @param library [Library]
    # @return [Array<Array(Symbol, String)>] see {Trace}
    def run(library)
      Trace.of do |trace|
        packed = __send__(way, trace)
        Reading.new(packed, @dice).run(library, trace) unless way == :call
      end
    end

    private

    def whole(generator)
      @dice.chance?(1, 100) ? generator.nested : generator.object
    end

    # One in six is made for another method.
    def argument(generator)
      kind = @dice.chance?(1, 6) ? @dice.pick(CALLS.values) : CALLS.fetch(call)
      kind == :small && @dice.chance?(1, 3) ? @dice.pick([0, 15, 16, 65_535, 65_536, (2**32) - 1, 2**32]) : generator.public_send(kind, 2)
    end

    def pack(trace)
      trace.record(:pack) { MessagePack.pack(object) }
    end

    def pack_to_io(trace)
      io = StringIO.new("".b)
      trace.record(:pack) { MessagePack.pack(object, io) }
      trace.record(:io) { io.string }
    end

    def to_msgpack(trace)
      trace.record(:to_msgpack) { object.to_msgpack }
    end

    def write(trace)
      packer = MessagePack::Packer.new
      trace.record(:write) { packer.write(object).equal?(packer) }
      trace.record(:to_s) { packer.to_s }
    end

    def write_to_io(trace)
      io = StringIO.new("".b)
      packer = MessagePack::Packer.new(io)
      trace.record(:write) { packer.write(object).flush.equal?(packer) }
      trace.record(:io) { io.string }
    end

    def compatible(trace)
      trace.record(:compatible) { MessagePack::Packer.new(compatibility_mode: true).write(object).full_pack }
    end

    # What a failed write leaves of the one before it.
    def after_write(trace)
      packer = MessagePack::Packer.new
      trace.record(:first) { packer.write(1).size }
      trace.record(:write, go_on: [StandardError]) { packer.write(object).equal?(packer) }
      trace.record(:to_s) { packer.to_s }
      trace.record(:full_unpack) { MessagePack::Unpacker.new.feed(packer.to_s).read }
      trace.record(:written) { packer.to_s.byteslice(1..) }
    end

    def call_arguments
      call == :write_ext ? [object, "payload"] : [object]
    end

    def call_packer
      MessagePack::Packer.new.public_send(call, *call_arguments)
    end
  end
end
