# frozen_string_literal: true

require_relative "failure"
require_relative "forms"

module MessagePack
  module Command
    # Reads one token after another: a first byte, the number behind it, and of a payload no more than its beginning.
    # Containers are their headers; what is in them are the next tokens.
    #
    # It is its own token, overwritten by the next one: a stream of a thousand million of them allocates little.
    #
    # @api private
    class Headers
      # @return [Source]
      attr_reader :source
      # @return [Integer] where the token begins
      attr_reader :offset
      # @return [Integer] its first byte
      attr_reader :byte
      # @return [Form]
      attr_reader :form
      # @return [Integer, Float, true, false, nil] what a scalar says; bytes of a payload, entries of a container
      attr_reader :value
      # @return [Integer, nil] the number of an extended type
      attr_reader :type
      # @return [String, nil] the beginning of a payload, binary
      attr_reader :head

      # @param source [Source]
      # @param keep [Integer] how many bytes of a payload {#head} has
      def initialize(source, keep: 0)
        @source = source
        @keep = keep
      end

      def kind = @form.kind

      # @return [Integer] how many tokens (or containers as a whole) belong to this one
      def children
        case @form.kind
        when :array then @value
        when :map then @value * 2
        else 0
        end
      end

      # @return [Integer, nil] bytes of its payload, or its entries
      def length
        @value unless SCALARS.include?(@form.kind)
      end

      # Reads the next token.
      #
      # @yieldparam piece [String] the payload, piece by piece
      # @return [Boolean] false at the end of the input
      # @raise [Broken]
      def advance(&)
        return false unless @source.ahead?(1)

        @offset = @source.offset
        @byte = @source.peek
        @form = FORMS[@byte]
        read_header
        read_payload(&) if PAYLOADS.include?(@form.kind)
        true
      end

      SCALARS = %i[nil boolean integer float].freeze
      PAYLOADS = %i[string binary extension].freeze
      private_constant :SCALARS, :PAYLOADS

      private

      def read_header
        kind = @form.kind
        raise Broken.new(@offset, NEVER) if kind == :never

        width = @form.width
        size = 1 + width + (kind == :extension ? 1 : 0)
        cut_short("the header of #{@form.name}, which takes #{size} bytes,") unless @source.ahead?(size)
        @value = width.zero? ? @form.value : @source.number(@form.template, 1)
        @type = @source.number("c", 1 + width) if kind == :extension
        @source.consume(size)
      end

      def read_payload
        @head = String.new(encoding: Encoding::BINARY)
        there = @source.pass(@value) do |piece|
          @head << piece.byteslice(0, @keep - @head.bytesize) if @head.bytesize < @keep
          yield piece if block_given?
        end
        cut_short("the #{@form.name} of #{@value} bytes, of which #{there} are there,") if there < @value
      end

      def cut_short(what)
        @source.pass(10)
        raise Broken.new(@source.offset, "the input ends within #{what} that begins at byte #{@offset}; #{REPAIR}")
      end

      NEVER = "found 0xc1, which MessagePack never uses, where a value should begin; the file is damaged before or " \
              "at this byte, or is no MessagePack"
      REPAIR = "it was cut off, or a length before is wrong: get the whole file"
      private_constant :NEVER, :REPAIR
    end
  end
end
