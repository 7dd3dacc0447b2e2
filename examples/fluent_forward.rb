# frozen_string_literal: true

# Sends events to fluentd or Fluent Bit by the forward protocol: each line of the input is one.
#
#   tail -f app.log | ruby examples/fluent_forward.rb TAG [port [host]]      without a port: 24224, fluentd's own
#
# Read next: extended_types.rb; the protocol itself, "Forward Protocol Specification v1" in fluentd's wiki.

$LOAD_PATH.unshift File.expand_path("../lib", __dir__) # the gem of this checkout; a program of yours needs no such line
require "msgpack-ext"
require_relative "check_library"
require "securerandom"
require "socket"

# Events are pairs of a Time and a Hash.
class FluentForward
  NotAcknowledged = Class.new(StandardError)

  # EventTime: extended type 0, seconds and nanoseconds as big-endian 32-bit integers.
  TYPES = MessagePack::Factory.new
  TYPES.register_type(0, Time, packer: ->(time) { [time.to_i, time.nsec].pack("L>L>") })

  # @param ack_within [Numeric, nil] seconds to wait for the word that events have arrived; nil: it is not asked for
  def initialize(socket, ack_within: nil)
    @socket = socket
    @ack_within = ack_within
    @answers = MessagePack::Unpacker.new(socket, max_buffer_size: 4_096, max_depth: 4)
  end

  # One event (Message Mode).
  def post(tag, record, time = Time.now) = deliver([tag, time, record])

  # Several, as an array (Forward Mode).
  def forward(tag, events) = deliver([tag, events], size: events.size)

  # Several, one after another in a binary: what is between here and there need not unpack them (PackedForward Mode).
  def packed_forward(tag, events)
    deliver([tag, events.map { |event| TYPES.dump(event) }.join], size: events.size)
  end

  private

  def deliver(message, **option)
    option[:chunk] = SecureRandom.base64(16) if @ack_within
    @socket.write(TYPES.dump([*message, option]))
    return unless @ack_within

    answer = @answers.read if @socket.wait_readable(@ack_within)
    raise NotAcknowledged, "events may not have arrived" unless answer == { "ack" => option[:chunk] }
  end
end

return unless $PROGRAM_NAME == __FILE__ # the class alone can be required

TCPSocket.open(ARGV[2] || "127.0.0.1", Integer(ARGV[1] || 24_224)) do |socket|
  log = FluentForward.new(socket, ack_within: 10)
  $stdin.each_line(chomp: true) { |line| log.post(ARGV.fetch(0), { "message" => line }) }
end
