"""NestPay (EST), the virtual POS of Ziraat and İş Bankası among others: bank-hosted pages, hash “ver3”."""
