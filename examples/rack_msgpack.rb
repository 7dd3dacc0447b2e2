# frozen_string_literal: true

# Rack middleware for application/msgpack: an app finds what a request holds in env["msgpack.body"], and answers with a
# Reply of an object, which is packed for clients that accept it, and JSON for others. A request that is no MessagePack
# gets 400, one beyond the limits 413.
#
#   use RackMessagePack, max_buffer_size: 65_536
#   run ->(env) { [200, {}, RackMessagePack::Reply.new({ "got" => env["msgpack.body"] })] }
#
# Read next: rack_app.ru, which uses it; docs/untrusted-input.md about the limits.

$LOAD_PATH.unshift File.expand_path("../lib", __dir__) # the gem of this checkout; a program of yours needs no such line
require "msgpack-ext"
require_relative "check_library"
require "json"
require "rack"

class RackMessagePack
  TYPES = %w[application/msgpack application/vnd.msgpack application/x-msgpack].freeze
  JSON_TYPE = "application/json"
  LIMITS = { max_buffer_size: 1_048_576, max_depth: 32, max_str_len: 65_536, max_array_len: 10_000, max_map_len: 1_000,
             strict_map_key: true, validate_utf8: true, default_exttype: false }.freeze
  Reply = Struct.new(:object)

  # @param limits [Hash] options of MessagePack.unpack, over LIMITS
  def initialize(app, **limits)
    @app = app
    @limits = LIMITS.merge(limits)
  end

  def call(env)
    status, headers, body = refusal_of(env) || @app.call(env)
    return [status, headers, body] unless body.is_a?(Reply)

    type, bytes = packed_for(env, body.object)
    headers = headers.merge("content-type" => type, "content-length" => bytes.bytesize.to_s, "vary" => "accept")
    [status, headers, [bytes]]
  end

  private

  def packed?(env) = TYPES.include?(Rack::MediaType.type(env["CONTENT_TYPE"]))

  def refusal_of(env)
    return unless packed?(env)

    bytes = env["rack.input"].read(@limits[:max_buffer_size] + 1).to_s # with a byte too much it is over the limit
    env["msgpack.body"] = MessagePack.unpack(bytes, @limits)
    nil
  rescue MessagePack::UnpackError, MessagePack::UnderflowError => e
    [e.is_a?(MessagePack::LimitError) ? 413 : 400, {}, Reply.new({ error: e.message })]
  end

  def packed_for(env, object)
    types = packed?(env) ? [*TYPES, JSON_TYPE] : [JSON_TYPE, *TYPES]
    type = Rack::Utils.best_q_match(env["HTTP_ACCEPT"] || "*/*", types) || types.first
    [type, type == JSON_TYPE ? JSON.generate(object) : MessagePack.pack(object)]
  end
end
