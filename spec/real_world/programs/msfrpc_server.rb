# frozen_string_literal: true

# What Metasploit's RPC service answers, as far as msfrpc_client.rb asks: MessagePack over HTTP. Prints its port, serves
# until its stdin is closed, then reports the calls.
require_relative "report"
require "msgpack"
require "socket"

class Service
  attr_reader :calls

  def initialize
    @calls = []
    @logins = 0
  end

  # @return [Array(Integer, Object)] the status and what to answer
  def answer(name, *args)
    @calls << name
    return login(*args) if name == "auth.login"
    return refuse(401, "Invalid Authentication Token") unless args.shift == token

    respond(name, args)
  end

  private

  def token
    "TEMP#{@logins}"
  end

  def login(user, password)
    return [200, { "result" => "failure" }] unless [user, password] == %w[msf päss]

    @logins += 1
    [200, { "result" => "success", "token" => token }]
  end

  def respond(name, args)
    case name
    when "core.version" then [200, { "version" => "6.0", "ruby" => RUBY_DESCRIPTION, "api" => "1.0" }]
    when "echo" then [200, { "result" => args.fetch(0) }]
    when "expire" then expire(args)
    when "error_text" then [200, { "error" => "Here I am" }]
    when "auth.logout" then [200, { "result" => "success" }]
    when "not_found" then [404, nil]
    else refuse(500, "Invalid Module", "error_backtrace" => ["a.rb:1", "b.rb:2"])
    end
  end

  # The first call ends the token, the repeated one is answered.
  def expire(args)
    return [200, { "result" => args }] if @expired

    @expired = true
    refuse(401, "Invalid Authentication Token")
  end

  def refuse(status, message, more = {})
    [status, { "error" => true, "error_class" => "Msf::RPC::Exception", "error_message" => message,
               "error_code" => status, **more }]
  end
end

# @return [String, nil] the body of the next request
def next_request(socket)
  head = socket.gets("\r\n\r\n") or return
  raise "not MessagePack: #{head}" unless head.match?(%r{^Content-Type: binary/message-pack\r$}i)

  socket.read(Integer(head[/^Content-Length: (\d+)\r$/i, 1]))
end

service = Service.new
server = TCPServer.new("127.0.0.1", 0)
Report::OUT.puts server.addr[1]
Report::OUT.flush
Thread.abort_on_exception = true
Thread.new do
  loop do
    socket = server.accept
    while (body = next_request(socket))
      status, object = service.answer(*MessagePack.unpack(body))
      reply = MessagePack.pack(object)
      socket.write("HTTP/1.1 #{status} -\r\nContent-Type: binary/message-pack\r\n" \
                   "Content-Length: #{reply.bytesize}\r\n\r\n", reply)
    end
    socket.close
  end
end
$stdin.read
Report.write(calls: service.calls)
