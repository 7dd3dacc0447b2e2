# frozen_string_literal: true

module MessagePack
  module Command
    # Colours, on a terminal or where they are asked for.
    #
    # @api private
    class Paint
      CODES = { dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }.freeze

      # @param io [IO] that is printed to
      # @param wanted [Boolean, nil] what the command line says; nil: a terminal has them, unless NO_COLOR is set
      def initialize(io, wanted)
        @on = wanted.nil? ? io.tty? && ENV.fetch("NO_COLOR", "").empty? && ENV["TERM"] != "dumb" : wanted
      end

      # @param colour [Symbol, nil] of {CODES}
      def call(text, colour)
        @on && colour ? "\e[#{CODES.fetch(colour)}m#{text}\e[0m" : text
      end
    end
  end
end
