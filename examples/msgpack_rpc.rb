# frozen_string_literal: true

# One end of a MessagePack-RPC connection, over a socket or two pipes: it calls the other end, and serves it.
#
#   MessagePackRPC.new(TCPSocket.new("127.0.0.1", 18_800)).call("add", 1, 2)
#   MessagePackRPC.new(server.accept).on("add") { |one, other| one + other }.serve
#
# Read next: neovim_plugin.rb, which uses it; docs/untrusted-input.md before strangers can connect.

$LOAD_PATH.unshift File.expand_path("../lib", __dir__) # the gem of this checkout; a program of yours needs no such line
require "msgpack-ext"
require_relative "check_library"

class MessagePackRPC
  REQUEST, RESPONSE, NOTIFICATION = *0..2
  RemoteError = Class.new(StandardError)

  attr_reader :packer, :unpacker # to register extended types with

  def initialize(input, output = input, **limits)
    @packer = MessagePack::Packer.new(output)
    @unpacker = MessagePack::Unpacker.new(input, **limits)
    @methods = {}
    @answers = {}
    @last_id = 0
  end

  # What the other end may call, by requests and notifications.
  def on(method, &block) = tap { @methods[method] = block }

  # Until the answer comes, what the other end calls is served: it may ask back.
  def call(method, *arguments)
    packer.write([REQUEST, id = @last_id += 1, method, arguments]).flush
    take(unpacker.read) until (answer = @answers.delete(id))
    error, result = answer
    error ? raise(RemoteError, error.to_s) : result
  end

  def notify(method, *arguments) = packer.write([NOTIFICATION, method, arguments]).flush

  # To the end of the input.
  def serve = unpacker.each { |message| take(message) }

  private

  def take(message)
    case message
    in [REQUEST, id, method, arguments] then answer(id, method, arguments)
    in [RESPONSE, id, error, result] then @answers[id] = [error, result]
    in [NOTIFICATION, method, arguments] then @methods[method]&.call(*arguments)
    end
  end

  def answer(id, method, arguments)
    packer.write([RESPONSE, id, nil, @methods.fetch(method).call(*arguments)]).flush
  rescue StandardError => e # of the method, or of packing its result: a failed write leaves nothing in the packer
    packer.write([RESPONSE, id, e.message[/.+/], nil]).flush
  end
end
