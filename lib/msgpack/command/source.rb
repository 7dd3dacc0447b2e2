# frozen_string_literal: true

require_relative "failure"

module MessagePack
  module Command
    # The bytes of one input, read in pieces: nothing is held but the piece at hand, a little of what was before it (for
    # the hexdump), and what {#record} was asked to keep.
    #
    # @api private
    class Source
      PIECE_BYTES = 65_536
      HISTORY_BYTES = 64

      # @return [Progress]
      attr_reader :progress
      # @return [Integer] bytes that have come out of the io
      attr_reader :total

      # @param io [#readpartial]
      # @param progress [Progress]
      def initialize(io, progress)
        @io = io
        @progress = progress
        @total = 0
        # The piece at hand, the position in it, and the offset in the input at which it begins.
        @bytes = String.new(encoding: Encoding::BINARY)
        @piece = String.new(encoding: Encoding::BINARY)
        @position = 0
        @base = 0
        @record = nil
      end

      # @return [String] for an Unpacker, which reads on by itself; not to be mixed with the other methods
      # @raise [EOFError]
      def readpartial(length, buffer = String.new)
        @io.readpartial(length, buffer)
        @total += buffer.bytesize
        @progress.at(@total)
        buffer
      rescue SystemCallError => e
        raise FileError, "it can't be read: #{e.class.new.message}"
      end

      # @return [Integer] the offset of the next byte
      def offset = @base + @position

      # Whether as many bytes are there.
      def ahead?(count)
        fill until @bytes.bytesize - @position >= count || @ended
        @bytes.bytesize - @position >= count
      end

      # @return [Integer] the next byte, which must be there
      def peek = @bytes.getbyte(@position)

      # @param template [String] of String#unpack1
      # @param at [Integer] bytes from the next one on
      # @return [Numeric] a number that must be there as a whole
      def number(template, at) = @bytes.unpack1(template, offset: @position + at)

      # Goes on by bytes that are at hand.
      def consume(count)
        @record << @bytes.byteslice(@position, count) if @record
        @position += count
      end

      # Passes over a payload of any length.
      #
      # @yieldparam piece [String] the next bytes of it
      # @return [Integer] how many bytes there were, fewer than asked for at the end of the input
      def pass(count)
        left = count
        while left.positive? && ahead?(1)
          size = [left, @bytes.bytesize - @position].min
          yield @bytes.byteslice(@position, size) if block_given?
          consume(size)
          left -= size
        end
        count - left
      end

      # @return [String] the bytes that were consumed in the block
      def record
        @record = String.new(encoding: Encoding::BINARY)
        yield
        @record
      ensure
        @record = nil
      end

      # @return [Array(Integer, String)] bytes around an offset that are still at hand, and where they begin
      def around(offset, before:, after:)
        first = [offset - before, @base].max
        [first, @bytes.byteslice(first - @base, offset + after - first)]
      end

      private

      def fill
        readpartial(PIECE_BYTES, @piece)
        done = @position - HISTORY_BYTES
        if done.positive?
          @bytes = @bytes.byteslice(done..)
          @base += done
          @position -= done
        end
        @bytes << @piece
      rescue EOFError
        @ended = true
      end
    end
  end
end
