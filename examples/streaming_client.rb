# frozen_string_literal: true

# Sends values to streaming_server.rb, one byte at a time.
#
#   ruby examples/streaming_client.rb [port [host]]      without a port: $PORT, else 9999

$LOAD_PATH.unshift File.expand_path("../lib", __dir__) # the gem of this checkout; a program of yours needs no such line
require "msgpack-ext"
require_relative "check_library"
require "socket"

port = Integer(ARGV[0] || ENV["PORT"] || 9999)
host = ARGV[1] || "127.0.0.1"

# Ten times [0, 1, 2], packed one after another into one String of bytes.
packer = MessagePack::Packer.new
10.times { packer.write((0...3).to_a) }
bytes = packer.to_s

TCPSocket.open(host, port) do |server|
  # Without this the system would gather our single bytes into larger packets.
  server.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)

  bytes.each_char { |byte| server.write(byte) } # packed bytes are a binary String: a character is a byte
end

puts "sent #{bytes.bytesize} bytes"
