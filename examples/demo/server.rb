# frozen_string_literal: true

# The demo's server, a process of its own. Reads a few bytes at a time, unpacks
# every record as soon as its last byte is there, packs it again and sends it
# back. Serves one connection, then prints what it saw.
#
#   ruby examples/demo/server.rb gem:HOME|lib:DIR

require "socket"
require_relative "library"
require_relative "types"

READ_BYTES = 61

Demo::Library.load(ARGV.fetch(0))
$stdout.sync = true
server = TCPServer.new("127.0.0.1", 0)
puts server.addr[1]

connection = server.accept
unpacker = Demo::Types.unpacker
packer = Demo::Types.packer(connection)
pieces = records = 0
begin
  loop do
    pieces += 1
    unpacker.feed_each(connection.readpartial(READ_BYTES)) do |record|
      records += 1
      packer.write(record)
    end
    packer.flush
  end
rescue EOFError
  # The client has closed its half: all is read.
end
connection.close
puts "#{records} records in #{pieces - 1} pieces"
