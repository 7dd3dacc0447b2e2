# frozen_string_literal: true

module MessagePack
  module Command
    # One line on the terminal about how far a long input is read. Nothing of it is left when the input is.
    #
    # @api private
    class Progress
      DELAY_SECONDS = 1.0
      INTERVAL_SECONDS = 0.2
      MIB = 1_048_576.0

      # @param io [IO] the standard error
      # @param size [Integer, nil] bytes of the whole input, where that is known
      # @param shown [Boolean] false: it does nothing
      # @param clock [#call] seconds
      def initialize(io, size, shown:, clock: -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) })
        @io = io
        @size = size
        @shown = shown
        @clock = clock
        @start = clock.call
        @due = @start + DELAY_SECONDS
        @printed = false
      end

      # @param total [Integer] bytes read until now
      def at(total)
        return unless @shown

        now = @clock.call
        return if now < @due

        @due = now + INTERVAL_SECONDS
        @printed = true
        @io.print("\r\e[K", text(total, now - @start))
      end

      # Wipes the line out.
      def finish
        @io.print("\r\e[K") if @printed
        @printed = false
      end

      private

      def text(total, seconds)
        share = @size&.positive? ? format(" of %.0f MiB (%d %%)", @size / MIB, total * 100 / @size) : ""
        format("%.0f MiB%s, %.0f MiB/s", total / MIB, share, total / MIB / seconds)
      end
    end
  end
end
