# frozen_string_literal: true

require_relative "application"

# The client class of msfrpc-client. The service that it talks to runs on the C gem: each reads what the other wrote.
RSpec.describe "msfrpc-client", :real_world do
  # Gives the block the port of the service, and returns what the service reports when it has ended.
  def with_service(application)
    IO.popen([application.env, *application.command("msfrpc_server")], "r+b") do |service|
      yield service.gets.chomp
      service.close_write
      Marshal.load(service.read) # rubocop:disable Security/MarshalLoad
    end
  end

  before(:context) do
    need Application.possible?("msfrpc-client"), "msfrpc-client, bundler and the C gem (bin/setup --real-world)"
    Dir.mktmpdir do |folder|
      client = Application.new(folder, "msfrpc-client")
      service = Application.new(folder, c_gem: true)
      @service_report = with_service(service) { |port| @report = client.run("msfrpc_client", port) }
    end
  end

  let(:report) { @report }
  let(:service_report) { @service_report }

  # Equal, of the same classes and encodings, and with the sign of a zero.
  def expect_same(values, others)
    expect(others).to eq(values)
    expect(others.inspect).to eq(values.inspect)
    expect(others.grep(String).map(&:encoding)).to eq(values.grep(String).map(&:encoding))
  end

  it "runs on this gem alone, and the service on the C gem" do
    expect(report[:loaded]).to be_this_gem_alone
    expect(service_report[:loaded].grep(%r{/msgpack\.#{RbConfig::CONFIG["DLEXT"]}\z}).size).to eq(1)
    expect(service_report[:loaded].grep(/msgpack_ext/)).to eq([])
  end

  it "logs in, calls and logs out" do
    expect(report[:unauthenticated]).to eq(["Msf::RPC::Exception", "Client not authenticated"])
    expect(report[:wrong_password]).to eq(["Msf::RPC::Exception", "Authentication failed"])
    expect(report[:login]).to eq([true, "TEMP1"])
    expect(report[:version]).to eq("version" => "6.0", "ruby" => RUBY_DESCRIPTION, "api" => "1.0")
    expect(report[:logout]).to eq("result" => "success")
    expect(service_report[:calls].values_at(0, 1, 2, -1)).to eq(%w[auth.login auth.login core.version auth.logout])
  end

  it "sends and gets values of every kind and size" do
    expect(report[:values].size).to eq(30)
    expect_same(report[:values], report[:echo])
    expect_same(report[:values], report[:echo_all])
    expect(report[:symbols]).to eq("payload" => "linux", "opts" => { "port" => 4444 })
    expect(report[:many]).to eq((0...200).to_a)
  end

  it "understands the errors of the service, and logs in again when its token has expired" do
    expect(report[:server_error]).to eq(
      ["Msf::RPC::ServerException", 500, "Invalid Module", "Msf::RPC::Exception", ["a.rb:1", "b.rb:2"]]
    )
    expect(report[:error_text]).to eq("error" => "Here I am")
    expect(report[:not_found].first).to eq("Msf::RPC::Exception")
    expect(report[:expired]).to eq([{ "result" => ["again"] }, false])
    expect(service_report[:calls].join(" ")).to include("echo expire auth.login expire module.execute")
  end
end
