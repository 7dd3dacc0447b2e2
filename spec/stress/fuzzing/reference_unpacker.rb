# frozen_string_literal: true

require_relative "reference_decoder"

module Fuzzing
  # What an Unpacker has to do, call after call: at each an object that is not complete is read again from its start.
  class ReferenceUnpacker < ReferenceDecoder
    def initialize(...)
      super
      @at = 0
      @pending = nil
    end

    def feed(bytes)
      @bytes << bytes.b
      self
    end

    # Of what has been read as a whole.
    def tell = @base + @at

    # Bytes that a call to come still needs, however much of an object the library has put aside already.
    def size = @bytes.bytesize - @at

    def reset
      @bytes = +"".b
      @base = @at = 0
      @pending = nil
    end

    def read
      settle
      object(:read, &method(:value))
    end

    # Called again, it goes on with what it had begun; any other call finishes that, and then does its own.
    def skip
      again = state == :skip
      settle
      object(:skip, &method(:value)) unless again
      nil
    end

    def full_unpack
      read.tap { fail_at("MessagePack::MalformedFormatError", @at) unless size.zero? }
    end

    def each
      loop { yield read }
    rescue Starved => e
      raise unless e.owner.equal?(self)
    end

    def skip_nil
      between { need(@cursor, 1) && @bytes.getbyte(@cursor) == 0xc0 }
    end

    def read_array_header = header(:array)

    def read_map_header = header(:map)

    # How the half-read object stands: nil, :read, :skip or :rest.
    def state = @pending&.first

    private

    # Finishes what is to be passed over.
    def settle
      return unless %i[skip rest].include?(state)

      kind, start = @pending
      run(kind, start, &method(:value))
    end

    def object(mode, &)
      run(mode, @pending ? @pending[1] : @at, &)
    end

    # Runs one attempt from the start of an object, and remembers what is left to do when it fails.
    def run(mode, start)
      @mode = mode
      @cursor = start
      after = [:rest, start]
      yield(@depth).tap do
        after = nil
        @at = @cursor
      end
    rescue Starved => e
      after = unfinished(mode, start, e) if e.owner.equal?(self)
      raise
    rescue Failure => e
      after = nil if e.owner.equal?(self) && behind_unused_byte(e)
      raise
    ensure
      @pending = after
    end

    # Skipping has begun when it was called, reading with the object's header.
    def unfinished(mode, start, starved)
      [mode, start, starved.offset] if mode != :read || starved.in_body? || starved.offset > @base + start
    end

    def behind_unused_byte(failure)
      place = failure.offset && (failure.offset - @base)
      return unless failure.name == "MessagePack::MalformedFormatError" && @bytes.getbyte(place) == 0xc1

      @at = place + 1
    end

    # For what needs the start of an object.
    def between
      settle
      raise Failure.new("MessagePack::UnexpectedTypeError", @pending.last, self) if @pending

      @cursor = @at
      yield
    end

    def header(kind)
      between do
        need(@at, 1)
        found = container(@bytes.getbyte(@at))
        other = @bytes.getbyte(@at) != 0xc1 && found&.first != kind
        fail_at("MessagePack::UnexpectedTypeError", @at) if other
        found ? count_of(kind, found.last) : object(:read, &method(:value))
      end
    end

    # A container's count alone.
    def count_of(kind, width)
      size = @at + 1 + (width || 0)
      need(@at, 1 + (width || 0), @at)
      run(:read, @at) do |depth|
        @cursor = @at + 1
        count = length(@at, width || 0, @bytes.getbyte(@at) & 0x0f)
        within(:"max_#{kind}_len", count, @at)
        deeper(@at, depth)
        @cursor = size
        count
      end
    end
  end
end
