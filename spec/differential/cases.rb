# frozen_string_literal: true

require_relative "generator"
require_relative "mutator"
require_relative "packing"
require_relative "reading"
require_relative "trace"
require_relative "wire"

module Differential
  # An extended type where no library is.
  Ext = Struct.new(:type, :payload)

  # A random object: packed in one of the ways there are, and the outcome unpacked in another.
  class ObjectCase
    # @return [Object]
    attr_reader :object
    # @return [Packing, TypedCall]
    attr_reader :packing
    # @return [Reading]
    attr_reader :reading

    # @param dice [Dice]
    # @param ext [#call] makes an extended type of a number and a payload
    def initialize(dice, ext: Ext.method(:new))
      generator = Generator.new(dice, ext: ext)
      @packing = dice.chance?(1, 7) ? TypedCall.new(dice, generator) : Packing.new(dice)
      @object = typed_call? ? packing.argument : whole(dice, generator)
      @reading = Reading.new(dice)
    end

    # Whether a method of the Packer's is called for a value of its own type.
    def typed_call? = packing.is_a?(TypedCall)

    # @return [String] everything that both libraries must have been given
    def to_s
      "#{packing.way} #{Description.of(object)}, then #{reading}"
    end

    # @param library [Library]
    # @return [Array<Array(Symbol, String)>] see {Trace}
    def run(library)
      Trace.of { |trace| reading.run(packing.run(object, trace), library, trace) }
    end

    private

    def whole(dice, generator)
      dice.chance?(1, 100) ? generator.nested : generator.object
    end
  end

  # Bytes that are cut or changed, now and then whole, of one or several objects: read in one of the ways there are.
  class BytesCase
    # @return [String]
    attr_reader :bytes
    # @return [Reading]
    attr_reader :reading

    # @param dice [Dice]
    def initialize(dice, **)
      @bytes = make(dice)
      @reading = Reading.new(dice)
    end

    # @return [String] everything that both libraries must have been given
    def to_s
      "#{reading} of #{bytes.unpack1("H*")}"
    end

    # @param library [Library]
    # @return [Array<Array(Symbol, String)>] see {Trace}
    def run(library)
      Trace.of { |trace| reading.run(bytes, library, trace) }
    end

    private

    def make(dice)
      wire = Wire.new(dice)
      documents = Array.new(dice.pick([1, 1, 2, 3])) { dice.chance?(1, 100) ? wire.nested : wire.document }
      whole = documents.join
      dice.chance?(1, 10) ? whole : Mutator.new(dice).mutate(whole)
    end
  end

  CASES = { objects: ObjectCase, bytes: BytesCase }.freeze

  # @param kind [:objects, :bytes]
  # @param seed [Integer]
  # @param number [Integer] which of the seed's cases
  # @return [ObjectCase, BytesCase] the same in every process
  def self.case(kind, seed, number, **options)
    CASES.fetch(kind).new(Dice.new((((seed << 1) + CASES.keys.index(kind)) << 32) + number), **options)
  end
end
