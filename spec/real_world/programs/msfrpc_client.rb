# frozen_string_literal: true

# Msf::RPC::Client against msfrpc_server.rb, whose port is the argument.
require_relative "report"
require "msfrpc-client"

client = Msf::RPC::Client.new(host: "127.0.0.1", port: Integer(ARGV.fetch(0)), ssl: false)
results = {}

attempt = lambda do |&call|
  call.call
rescue Msf::RPC::Exception => e
  [e.class.name, e.message]
rescue Msf::RPC::ServerException => e
  [e.class.name, e.code, e.message, e.error_class, e.error_backtrace]
end

results[:unauthenticated] = attempt.call { client.call("core.version") }
results[:wrong_password] = attempt.call { client.login("msf", "wrong") }
results[:login] = [client.login("msf", "päss"), client.token]
results[:version] = client.call("core.version")

# What a call takes and gives: every kind of value, each size of header.
values = [
  nil, true, false, 0, 127, 128, -33, 65_536, -(2**31), 2**32, (2**64) - 1, -(2**63), 1.5, -0.0, Float::INFINITY,
  "", "é\u3072", "s" * 31, "s" * 32, "s" * 256, "s" * 65_536, "\x00\xFF".b, (0..255).to_a.pack("C*") * 1000,
  [], [[[]]], (1..20).to_a, (1..70_000).to_a, {}, { "a" => { "b" => [nil] }, 1 => 2.5 }, { "LHOST" => "::1" }
]
results[:echo] = values.map { |value| client.call("echo", value)["result"] }
results[:echo_all] = client.call("echo", values)["result"]
results[:values] = values
results[:symbols] = client.call("echo", { payload: :linux, "opts" => { port: 4444 } })["result"]

# The token expires: the client logs in again and repeats the call.
before = client.token
results[:expired] = [client.call("expire", "again"), client.token == before]

results[:server_error] = attempt.call { client.call("module.execute", "exploit", "missing") }
results[:error_text] = client.call("error_text")
results[:not_found] = attempt.call { client.call("not_found") }
results[:many] = Array.new(200) { |i| client.call("echo", i)["result"] }
results[:logout] = client.call("auth.logout")
client.close
Report.write(results)
