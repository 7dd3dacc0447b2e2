# frozen_string_literal: true

# A server that unpacks a stream while it arrives, one byte at a time.
#
#   ruby examples/streaming_server.rb [port]      port 0: any free one; without it: $PORT, else 9999
#
# Then start streaming_client.rb in another terminal with the same port, and watch this one print. Ctrl-C ends it.

$LOAD_PATH.unshift File.expand_path("../lib", __dir__) # the gem of this checkout; a program of yours needs no such line
require "msgpack-ext"
require_relative "check_library"
require "socket"

$stdout.sync = true # each line is seen at once, in a pipe too

server = TCPServer.new("127.0.0.1", Integer(ARGV[0] || ENV["PORT"] || 9999))
puts "listening on port #{server.addr[1]}"

begin
  loop do
    client = server.accept
    unpacker = MessagePack::Unpacker.new # one for each connection: it keeps what is incomplete
    begin
      while (byte = client.readpartial(1))
        unpacker.feed(byte)

        # Whatever has become complete with this byte: mostly nothing, now and then a value.
        unpacker.each { |value| puts value.inspect }
      end
    rescue EOFError
      puts "the client has gone"
    rescue MessagePack::UnpackError, SystemCallError => e
      puts "the client was disconnected: #{e.message}" # bytes that are no MessagePack, or a broken connection
    ensure
      client.close
    end
  end
rescue Interrupt
  puts "bye"
end
