# frozen_string_literal: true

module Fuzzing
  # What an io answers, one after the other: Strings, :nil and :blank (nothing now), :eof, :error.
  class Script
    PAUSES = %i[nil blank eof error].freeze

    # @return [Array<String>] pieces of the bytes, with pauses between them
    def self.events(dice, bytes, pauses:)
      dice.cut(bytes).flat_map do |piece|
        pauses && dice.chance?(1, 5) ? [dice.pick(PAUSES), piece] : [piece]
      end
    end

    # @return [Array] the rest
    attr_reader :events

    def initialize(events)
      @events = events.dup
    end

    private

    def answer
      case event = events.shift
      when String then event.dup
      when :nil then nil
      when :blank then +""
      when :error then raise IOError, "scripted"
      else raise EOFError, "scripted"
      end
    end
  end

  # The way of a socket.
  class Socket < Script
    def readpartial(_limit) = answer
  end

  # The way of what knows `read` alone, where the end is nil.
  class Reader < Script
    def read(_limit)
      events.first == :eof || events.empty? ? (events.shift and nil) : answer
    end
  end
end
