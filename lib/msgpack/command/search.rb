# frozen_string_literal: true

require_relative "headers"

module MessagePack
  module Command
    # Follows a path through the headers of an object. What is beside the path is passed over.
    #
    # @api private
    class Search
      # @param source [Source]
      # @param steps [Array<Path::Step>]
      def initialize(source, steps)
        @source = source
        @steps = steps
        @headers = Headers.new(source, keep: steps.map { |step| step.key.to_s.bytesize }.max || 0)
      end

      # Reads one object to its end.
      #
      # @return [String, nil] the bytes of the value at the path, of the last one where keys are duplicate
      # @raise [Broken]
      def call = look(0)

      private

      def look(level)
        return @source.record { pass(1) } if level == @steps.size

        advance
        case @headers.kind
        when :array then look_in_array(level, @headers.value)
        when :map then look_in_map(level, @headers.value)
        end
      end

      def look_in_array(level, count)
        index = @steps[level].number
        index += count if index&.negative?
        return pass(count) unless index && (0...count).cover?(index)

        pass(index)
        found = look(level + 1)
        pass(count - index - 1)
        found
      end

      def look_in_map(level, count)
        found = nil
        count.times do
          advance
          if matches?(@steps[level])
            found = look(level + 1)
          else
            pass(@headers.children + 1)
          end
        end
        found
      end

      def matches?(step)
        case @headers.kind
        when :string, :binary then step.key && @headers.value == step.key.bytesize && @headers.head == step.key
        when :integer then step.number == @headers.value
        end
      end

      # Passes over values with all that is in them. Nil, for which nothing is found.
      def pass(left)
        while left.positive?
          advance
          left += @headers.children - 1
        end
        nil
      end

      def advance
        return if @headers.advance

        offset = @source.offset
        raise Broken.new(offset, "the input ends where a value of the last object should begin; it was cut off, or a " \
                                 "length before is wrong: get the whole file")
      end
    end
  end
end
