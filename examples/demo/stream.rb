# frozen_string_literal: true

require "rbconfig"
require "socket"
require_relative "types"

module Demo
  # Sends records through the server and takes them back, both in small pieces.
  class Stream
    WRITE_BYTES = 97
    READ_BYTES = 53

    # What the server said at its end, and how long the exchange took once it was up.
    attr_reader :server_report, :seconds

    def initialize(where, progress)
      @where = where
      @progress = progress
    end

    # @param records [Array]
    # @return [Array] the records as they came back
    def exchange(records)
      with_server do |port|
        connection = TCPSocket.new("127.0.0.1", port)
        connection.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
        start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        # Beside the reading: a server that cannot send its answers stops reading.
        writer = Thread.new { send_all(records, connection) }
        receive(connection, records.size).tap do
          writer.value
          @seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
        end
      ensure
        connection&.close
      end
    end

    private

    def with_server
      IO.popen([RbConfig.ruby, File.join(__dir__, "server.rb"), @where]) do |server|
        port = server.gets or raise "the demo's server did not start"
        result = yield Integer(port)
        @server_report = server.gets.to_s.chomp
        result
      end
    end

    def send_all(records, connection)
      packer = Types.packer
      records.each { |record| packer.write(record) }
      bytes = packer.to_s
      (0...bytes.bytesize).step(WRITE_BYTES) { |from| connection.write(bytes.byteslice(from, WRITE_BYTES)) }
      connection.close_write
    end

    def receive(connection, total)
      unpacker = Types.unpacker
      back = []
      loop do
        unpacker.feed_each(connection.readpartial(READ_BYTES)) { |record| back << record }
        @progress.count("records back", back.size, total)
      end
    rescue EOFError
      back
    end
  end
end
