# frozen_string_literal: true

require_relative "failure"
require_relative "headers"

module MessagePack
  module Command
    # Goes through all tokens of a stream and knows where each of them stands. The open containers are a list, so that
    # nesting takes none of Ruby's stack.
    #
    # @api private
    class Walk
      # 70 bytes a level: hostile input that only opens containers must not fill the memory.
      MAX_DEPTH = 1_000_000

      # An open container: its kind, where it begins, entries announced, tokens to come; and whether a key
      # is unfit for a JSON object, which {JsonSize} notes there.
      Frame = Struct.new(:kind, :offset, :announced, :left, :odd)

      # @return [Headers] the token
      attr_reader :headers
      # @return [Integer] how many containers are around it
      attr_reader :depth
      # @return [Symbol] :top, :key, :value or :element
      attr_reader :role
      # @return [Integer, nil] which element of an array it is
      attr_reader :index
      # @return [Array<Frame>] open containers, the one that the token opens included
      attr_reader :frames

      def initialize(headers)
        @headers = headers
        @frames = []
      end

      # Reads the next token.
      #
      # @yieldparam piece [String] its payload, piece by piece
      # @return [Boolean] false at the end of the stream
      # @raise [Broken]
      def advance(&)
        close while @frames.any? && @frames.last.left.zero?
        unless @headers.advance(&)
          cut_short if @frames.any?
          return false
        end
        place
        open if @headers.children.positive?
        true
      end

      # What is called with each container that ends, before the token that follows it is read.
      def on_close(&block)
        @on_close = block
      end

      private

      def close
        frame = @frames.pop
        @on_close&.call(frame)
      end

      def place
        frame = @frames.last
        @depth = @frames.size
        return @role = :top unless frame

        if frame.kind == :array
          @role = :element
          @index = frame.announced - frame.left
        else
          @role = frame.left.even? ? :key : :value
        end
        frame.left -= 1
      end

      def open
        if @frames.size >= MAX_DEPTH
          raise Broken.new(@headers.offset, "nesting deeper than #{MAX_DEPTH} levels, which is not followed")
        end

        @frames << Frame.new(@headers.kind, @headers.offset, @headers.value, @headers.children, false)
      end

      def cut_short
        frame = @frames.last
        per_entry, entries = frame.kind == :map ? [2, "pairs"] : [1, "elements"]
        there = frame.announced - (frame.left.to_f / per_entry).ceil
        raise Broken.new(@headers.source.offset, "the input ends within the #{frame.kind} that begins at byte " \
                                                 "#{frame.offset}: it announces #{frame.announced} #{entries}, " \
                                                 "#{there} are there; it was cut off, or a length before is wrong: " \
                                                 "get the whole file")
      end
    end
  end
end
