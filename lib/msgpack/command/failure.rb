# frozen_string_literal: true

module MessagePack
  module Command
    # The exit statuses of the program.
    #
    # @api private
    module Status
      FINE = 0
      # The input is malformed, ends too early, or can't be converted.
      INPUT = 1
      # The command line is wrong.
      USAGE = 2
      # A file can't be read, or the output can't be written.
      FILE = 3
      # `dig` has found nothing at the path.
      NOTHING_THERE = 4
      # 128 and the number of SIGINT, as shells have it.
      INTERRUPTED = 130
    end

    # What ends the work on one input, or all work, and is told without a backtrace.
    #
    # @api private
    class Failure < StandardError
      # @return [Integer] the exit status
      def status = Status::INPUT
    end

    # The command line is wrong.
    #
    # @api private
    class UsageError < Failure
      def status = Status::USAGE
    end

    # A file can't be opened or read.
    #
    # @api private
    class FileError < Failure
      def status = Status::FILE
    end

    # The bytes are no MessagePack from `offset` on.
    #
    # @api private
    class Broken < Failure
      # @return [Integer] the byte at which it shows
      attr_reader :offset

      def initialize(offset, message)
        super("byte #{offset} (0x#{offset.to_s(16)}): #{message}")
        @offset = offset
      end
    end
  end
end
