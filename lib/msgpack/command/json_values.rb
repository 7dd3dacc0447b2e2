# frozen_string_literal: true

require "strscan"
require_relative "failure"

module MessagePack
  module Command
    # Cuts a stream of JSON values, whatever is between them and however many lines they have, into the text of each.
    # It knows brackets and strings and no more: what is in between is JSON.parse's.
    #
    # @api private
    class JsonValues
      # As many levels as a Packer packs.
      MAX_DEPTH = 500
      # RFC 7464 has a record separator before each value.
      BETWEEN = /[\s\x1e]+/n
      END_OF_SCALAR = /[\s\x1e"\[\]{},:]/n
      BRACKET_OR_QUOTE = /["\[\]{}]/n
      QUOTE_OR_ESCAPE = /["\\]/n
      BYTE_ORDER_MARK = "\xEF\xBB\xBF".b.freeze

      # @param source [Source]
      def initialize(source)
        @source = source
        # From the beginning of the value at hand, or of what is not looked at yet.
        @text = String.new(encoding: Encoding::BINARY)
        @scanner = StringScanner.new(@text)
        @offset = 0
        @line = 1
        @depth = 0
        @state = :between
      end

      # @yieldparam text [String] one value, as UTF-8
      # @yieldparam place [String] where it begins, for messages
      # @raise [Failure] if the input ends within a value, or one is nested too deep
      def each(&)
        while read # rubocop:disable Style/WhileUntilModifier -- two loops in a line
          __send__(@state, &) until @scanner.eos?
        end
        return if @state == :between
        raise Failure, "#{place}: the input ends within the JSON value that begins here" unless @state == :scalar

        emit(@text.bytesize, &)
      end

      private

      def read
        position = @scanner.pos
        @text << @source.readpartial(Source::PIECE_BYTES)
        @text.slice!(0, 3) && @offset = 3 if @source.total <= Source::PIECE_BYTES && bom?
        @scanner.string = @text
        @scanner.pos = position
        true
      rescue EOFError
        false
      end

      def bom? = @offset.zero? && @scanner.pos.zero? && @text.start_with?(BYTE_ORDER_MARK)

      def between
        @scanner.skip(BETWEEN)
        drop(@scanner.pos)
        return if @scanner.eos?

        @state = @scanner.match?(/["\[{]/n) ? :nested : :scalar
        # A bracket, comma or colon where no value can begin is a text of its own, for JSON.parse to refuse.
        @scanner.pos = 1 if @state == :scalar
      end

      def scalar(&)
        return @scanner.terminate unless @scanner.exist?(END_OF_SCALAR)

        @scanner.skip_until(END_OF_SCALAR) unless END_OF_SCALAR.match?(@text[0])
        emit([@scanner.pos - 1, 1].max, &)
      end

      def nested(&)
        return @scanner.terminate unless @scanner.skip_until(BRACKET_OR_QUOTE)

        case @scanner.string.getbyte(@scanner.pos - 1)
        when 0x22 then return @state = :string
        when 0x5b, 0x7b then deeper
        else @depth -= 1
        end
        emit(@scanner.pos, &) unless @depth.positive?
      end

      def string(&)
        return @scanner.terminate unless @scanner.skip_until(QUOTE_OR_ESCAPE)
        return @state = :escaped if @scanner.string.getbyte(@scanner.pos - 1) == 0x5c

        @state = :nested
        emit(@scanner.pos, &) if @depth.zero?
      end

      def escaped
        @scanner.pos += 1
        @state = :string
      end

      def deeper
        @depth += 1
        return if @depth <= MAX_DEPTH

        raise Failure, "#{place}: the JSON value that begins here is nested deeper than #{MAX_DEPTH} levels, the " \
                       "most that is converted; make it flatter"
      end

      def emit(size)
        text = @text.byteslice(0, size).force_encoding(Encoding::UTF_8)
        yield text, place
        drop(size)
        @depth = 0
        @state = :between
      end

      def place = "line #{@line} (byte #{@offset})"

      def drop(size)
        @line += @text.byteslice(0, size).count("\n")
        @offset += size
        @text = @text.byteslice(size..)
        @scanner.string = @text
      end
    end
  end
end
