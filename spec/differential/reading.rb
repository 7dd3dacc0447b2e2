# frozen_string_literal: true

require "stringio"
require_relative "dice"

module Differential
  # One of the ways to unpack bytes.
  class Reading
    WAYS = Dice.weighted(unpack: 24, unpack_io: 8, full_unpack: 8, read: 16, feed_each: 30, each: 8, each_in_pieces: 8,
                         walk: 18, read_in_pieces: 8)
    CALLS = Dice.weighted(read: 4, skip: 3, skip_nil: 1, read_array_header: 3, read_map_header: 3)

    # An io that has no more than a few bytes at a time.
    class Trickle
      def initialize(pieces)
        @pieces = pieces.dup
      end

      def readpartial(limit, buffer = +"")
        raise EOFError, "no more pieces" if @pieces.empty?

        piece = @pieces.shift
        @pieces.unshift(piece.byteslice(limit..)) if piece.bytesize > limit
        buffer.replace(piece.byteslice(0, limit))
      end
    end

    # @return [Symbol]
    attr_reader :way
    # @return [Boolean] whether keys become Symbols
    attr_reader :symbolize_keys
    # @return [:keep, :refuse] what is done about extended types
    attr_reader :unknown

    # @param dice [Dice] asked while reading too: where to cut, what to call next
    def initialize(dice)
      @dice = dice
      @way = dice.pick(WAYS)
      @symbolize_keys = dice.chance?(1, 4)
      @unknown = dice.chance?(1, 8) ? :refuse : :keep
    end

    def to_s
      "#{way}#{" symbolize_keys" if symbolize_keys}#{" no unknown types" if unknown == :refuse}"
    end

    # @param bytes [String]
    # @param library [Library]
    # @param trace [Trace] told all steps
    def run(bytes, library, trace)
      options = library.reading(symbolize_keys: symbolize_keys, unknown: unknown)
      __send__(way, bytes, options, trace)
    end

    private

    def unpack(bytes, options, trace)
      trace.record(:unpack) { MessagePack.unpack(bytes, options) }
    end

    def unpack_io(bytes, options, trace)
      trace.record(:unpack) { MessagePack.unpack(StringIO.new(bytes), options) }
    end

    def full_unpack(bytes, options, trace)
      unpacker = MessagePack::Unpacker.new(options).feed(bytes)
      trace.record(:full_unpack) { unpacker.full_unpack }
    end

    # Goes on after an error, but not for ever: a library might not get past it.
    def read(bytes, options, trace)
      unpacker = MessagePack::Unpacker.new(options).feed(bytes)
      errors = [MessagePack::MalformedFormatError, MessagePack::UnknownExtTypeError]
      100.times { trace.record(:read, go_on: errors) { unpacker.read } }
    end

    def feed_each(bytes, options, trace)
      unpacker = MessagePack::Unpacker.new(options)
      @dice.cut(bytes).each do |piece|
        trace.record(:feed_each) { unpacker.feed_each(piece) { |value| trace.note(:value, value) } }
      end
      trace.record(:read) { unpacker.read }
    end

    def each(bytes, options, trace)
      unpacker = MessagePack::Unpacker.new(StringIO.new(bytes), options)
      trace.record(:each) { unpacker.each { |value| trace.note(:value, value) } }
    end

    def each_in_pieces(bytes, options, trace)
      unpacker = MessagePack::Unpacker.new(Trickle.new(@dice.cut(bytes)), options)
      trace.record(:each) { unpacker.each { |value| trace.note(:value, value) } }
    end

    # Calls of all kinds, to the end of the input: each is an error in the end.
    def walk(bytes, options, trace)
      unpacker = MessagePack::Unpacker.new(options).feed(bytes)
      loop do
        name = @dice.pick(CALLS)
        trace.record(name, go_on: [MessagePack::UnexpectedTypeError]) { unpacker.public_send(name) }
        trace.record(:read) { unpacker.read } if name == :skip_nil
      end
    end

    # Reading before all is there, and again when there is more.
    def read_in_pieces(bytes, options, trace)
      unpacker = MessagePack::Unpacker.new(options)
      @dice.cut(bytes).each do |piece|
        unpacker.feed(piece)
        trace.record(:read, go_on: [EOFError]) { unpacker.read }
      end
    end
  end
end
