# frozen_string_literal: true

namespace :bench do
  desc "Compare speed with the C gem"
  task compare: :compile do
    ruby "bench/compare.rb"
  end
end
